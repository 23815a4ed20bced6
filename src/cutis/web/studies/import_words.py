"""What is wrong with a manifest, in the language of who asks: `cutis.core` speaks English only."""

from __future__ import annotations

from cutis.web.words import later, said_again

SENTENCES = (
    later("image is empty. Give the path of the image, or drop the row."),
    later("image_id is empty. Give each image its own id in the column image_id."),
    later(
        "image_id is '%(value)s', which row %(row)s has already. Give each image its own id in the column "
        "image_id."
    ),
    later(
        "%(column)s is empty. Every image needs one, so that no group stands in two splits: fill it in, or "
        "drop the row."
    ),
    later("split is '%(value)s', not one of train, tune, test. Correct the cell, or drop the column."),
    later("split is empty. Write train, tune or test, or drop the row."),
    later(
        "sex is '%(value)s', not one of female, male, other. Correct the cell, or leave it empty if it is "
        "not known."
    ),
    later(
        "age is '%(value)s', not a number of years from 0 to %(most)s. Correct the cell, or leave it empty "
        "if it is not known."
    ),
    later("there is no column 'image' (the path of each image). Did you mean '%(name)s'?"),
    later(
        "there is no column 'image' (the path of each image). Rename or add it; the columns are %(names)s."
    ),
    later("column '%(column)s' is not read. Did you mean '%(name)s'? Rename it, or drop it."),
    later("column '%(column)s' stands twice. Rename or drop one."),
    later("has no rows. Give it a header line and one line per image."),
    later("is empty. Give it a header line and one line per image."),
    later("cannot be read as Parquet (%(why)s). Write it again."),
    later("is no header line (%(why)s). Name the columns in it."),
    later("is not UTF-8 text. Save the table as 'CSV UTF-8'."),
    later("is not a text file. Save it as 'CSV UTF-8', or name it .parquet if it is."),
    later(
        "has %(cells)s where the header has %(width)s. Put cells that hold the separator in double quotes."
    ),
    later("has %(cells)s where the header has %(width)s. Empty cells need their separators too."),
    later(
        "has a quotation mark that is not closed, or that text follows. Put the whole cell in double quotes, "
        "and write those within it twice."
    ),
    later("cannot be read as a table (%(why)s). Save it anew as 'CSV UTF-8'."),
    later("1 cell"),
    later("%(count)s cells"),
)


def retold(problem: str) -> str:
    """A problem of a manifest, ``file:row: sentence``, with its sentence in the language of the request."""
    where, colon, sentence = problem.partition(": ")
    return where + colon + said_again(sentence, SENTENCES)
