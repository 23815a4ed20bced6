"""What hindered a delivery, in the language of who asks: it was written down by the gateway, in English."""

from __future__ import annotations

from cutis.web.words import later, said_again

_WHY = (
    later("the peer did not answer"),
    later("%(peer)s rejects us (AE titles, or too many at once)"),
    later("%(peer)s cannot be reached, or broke the connection off"),
    later("the peer does not take %(kind)s"),
    later("it has more than %(most)s bytes"),
    later("its SOP Instance UID is none"),
    later("it cannot be read"),
    later("its UID is not the one that was announced"),
    later("another object of this UID is here already"),
)
SENTENCES = (
    later("Nobody says who the patient is. Say it on the page of the gateway."),
    later("No rule fits it. Add one to the gateway's document; it goes on by itself after the next start."),
    later("Its rule names a study that is not here. Correct the gateway's document."),
    later("A receiver did not take the results; see the dead letter."),
    later("The participant withdrew. Nothing of it is sent, and its file is removed."),
    later("The participant withdrew."),
    later("This is no photo and no DICOM object. It was not taken."),
    later("The DICOM object cannot be read; it may be cut off. Send it again."),
    later("The participant withdrew from the study. Nothing of it is kept."),
    later("The same photo is here already, of another patient. It was not taken; see whose it is."),
    later("The same object was sent to another study already. It was not taken."),
    later("There is no delivery that waits for this."),
    later("There is no such dead letter."),
    later(
        "The record does not say how its patients are numbered as those of this source are. Set "
        "identifier_system and issuer of both, or send these results elsewhere. Nothing was written."
    ),
    later("Of the patients of the record none has this number. Nothing was written."),
    later("Of the patients of the record several have this number. Nothing was written."),
    later("The gateway's document knows no '%(name)s' any more. Add it, then send again."),
    later("The DICOMweb server answered with status %(status)s."),
    later("The DICOMweb server did not answer well (%(why)s)."),
    later("%(count)s of %(all)s objects were not taken (reason %(reason)s)."),
    later("the subject is no patient of the record. Nothing was written."),
    later("the record does not know this patient (any more). Nothing was written."),
    later("the record gave another patient than was asked for. Nothing was written."),
    later(
        "the record gave no permission (status %(status)s). See that the client, its key and the scope are "
        "registered there."
    ),
    later("the record's server sends elsewhere (status %(status)s)."),
    later("an address outside of the record's server was named; it was not asked."),
    later(
        "the record's server did not answer well (%(why)s, %(tries)s tries). Nothing is lost: the same may "
        "be tried again later."
    ),
    later("a step could not be done (%(why)s) and is tried again"),
    later("the database cannot be asked (%(why)s); it is asked again"),
    later("a file has more than %(most)s bytes. It is left there."),
    later("a file cannot be read (%(why)s). Say who may read it."),
    later("%(name)s cannot be looked into (%(why)s)."),
    later("a photo or its patient is not there any more; it is passed over."),
    later("could not be looked at (%(why)s); again soon"),
    later("an object could not be taken (%(why)s); it is passed over."),
    later("%(name)s was refused: %(why)s."),
    later("%(name)s could not be sent: %(why)s."),
    later("%(name)s: an object was refused, since %(why)s"),
    *_WHY,
)


def retold(problem: str) -> str:
    """A problem as it was written down, in the language of the request; the name before a colon stays."""
    told = said_again(problem, SENTENCES)
    source, colon, sentence = problem.partition(": ")
    if told == problem and colon:
        return f"{source}: {said_again(sentence, SENTENCES)}"
    return told
