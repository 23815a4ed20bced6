"""What a model or a reader is worth: figures with intervals, reports, and comparisons on the same photos.

study        the photos with a known truth, and what each source said of them
subgroups    figures by age, sex, body site, skin type ...
mistakes     the wrong answers that were given with most confidence, with their photos
figures      curves as SVG in the page's own colours
report       `write_report`: report.html and metrics.json
compare      `write_comparison`: compare.html and compare.json
page         templates, numbers and words that the pages share
"""
