// Photos that are added to a study.
import { offer, uploads } from "../upload.js";

const form = document.querySelector("#add");

if (form)
  uploads(form, {
    fill(body) {
      body.set("participant", form.participant.value);
      body.set("place", form.place.value);
    },
    took(told, { status, say }) {
      say("good", status === 201 ? form.dataset.kept : form.dataset.there, told.page);
    },
    done() {
      if (!form.querySelector(".sent .good")) return;
      offer(form, "show", location.pathname + location.search, form.dataset.show);
      document.querySelector(".empty")?.remove();
    },
  });
