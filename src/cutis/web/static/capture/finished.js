// Nothing of the participant stays.
import { forget } from "./queue.js";

forget();
