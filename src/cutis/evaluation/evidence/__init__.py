"""The evidence report: one study as reviewers read it, from what `cutis evaluate` measured.

report        what is written, in order
content       what the report holds, put together
pictures      its figures, numbered
abstract      the structured abstract, from the figures
participants  who is in the study, and how the photos came to be those evaluated
flow          the same as a drawing
readers       readers against a model
roc           the ROC figure with readers' average curve
sets          how many classes must be named to be sure
failures      which answers were wrong, and how sure of them a source was
drawings      curves and intervals as SVG
facts         what the run can say to a checklist
model_facts   the same of the tested bundle
checklists    STARD-AI, TRIPOD+AI, CLAIM and CLEAR Derm, filled in from facts
units         photos or patients: the noun of what was judged
tables        one table as CSV, LaTeX and HTML
pdf           the page on paper
"""
