"""Pure array functions: figures, their intervals, and tests between sources.

    resampling       group bootstrap: weights per group, applied to sums per group
    intervals        Estimate; percentile, BCa, Wilson and Clopper-Pearson intervals
    confusion        accuracy, sensitivity, specificity, predictive values from a confusion matrix
    discrimination   AUC, average precision, ROC curve; weighted, for many replicates at once
    calibration      temperature, calibration error, reliability, Brier score, log loss
    classification   all of these by name, with intervals
    thresholds       operating points by Youden, sensitivity, specificity or predictive value
    pooling          from the probabilities of a patient's lesions to one for the patient, calibrated
    poolings         the poolings compared on the same patients
    utility          predictive values, expected counts and likelihood ratios at any prevalence
    comparison       DeLong, McNemar, paired group bootstrap, Holm
    margins          non-inferiority and equivalence within a margin
    permutation      paired permutation tests by group
    sample_size      cases and power of a planned study of one reader or model
    sample_size_readers  readers and cases of a planned study of many
    calibration_debiased  calibration error without what chance gives
    brier            the parts of the Brier score
    recalibration    slope and intercept of calibration, isotonic fit
    decision         net benefit and cost curves
    conformal        prediction sets that keep a promise, by class, by patient, and with raters who disagree
    abstention       risk against the share of cases that is answered
    novelty          how unlike the known photos is a photo
    drift            have photos or answers changed between two periods
    rankings         differential diagnoses of several readers, with ties
    ratings          several raters' ratings of the same cases, and their majority
    pairwise         exact agreement and kappas of two raters
    agreement        Fleiss, Gwet, Krippendorff, and all of them by name, with intervals
    consensus        each rater, or a model, against the others
    icc              intraclass correlations
    rater_models     truth and raters' habits together: Dawid and Skene
    graded_raters    the same for grades, in two numbers per rater
    mrmc             several readers, several cases: Obuchowski-Rockette with Hillis's degrees of freedom
    mrmc_design      who read what: crossed, split-plot, nested, partly read
    mrmc_curves      the readers' average ROC curve
    mrmc_points      operating points of readers, and a model at each of them

Nothing here knows files or tables: classes are numbered 0 .. classes-1 by the caller.
"""
