"""Pure array functions: figures, their intervals, and tests between sources.

    resampling       group bootstrap: weights per group, applied to sums per group
    intervals        Estimate; percentile, Wilson and Clopper-Pearson intervals
    confusion        accuracy, sensitivity, specificity, predictive values from a confusion matrix
    discrimination   AUC, average precision, ROC curve; weighted, for many replicates at once
    calibration      temperature, calibration error, reliability, Brier score, log loss
    classification   all of these by name, with intervals
    thresholds       operating points by Youden, sensitivity, specificity or predictive value
    pooling          from the probabilities of a patient's lesions to one for the patient, calibrated
    poolings         the poolings compared on the same patients
    utility          predictive values, expected counts and likelihood ratios at any prevalence
    comparison       DeLong, McNemar, paired group bootstrap, Holm
    ratings          several raters' ratings of the same cases, and their majority
    pairwise         exact agreement and kappas of two raters
    agreement        Fleiss, Gwet, Krippendorff, and all of them by name, with intervals
    consensus        each rater, or a model, against the others
    icc              intraclass correlations
    rater_models     truth and raters' habits together: Dawid and Skene
    graded_raters    the same for grades, in two numbers per rater
    mrmc             several readers, several cases: Obuchowski-Rockette with Hillis's degrees of freedom

Nothing here knows files or tables: classes are numbered 0 .. classes-1 by the caller.
"""
