"""Work in the background: a queue that wakes a worker, and the worker, a process of its own."""
