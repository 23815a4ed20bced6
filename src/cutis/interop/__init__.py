"""The clinic's standards: DICOM, FHIR, CDS Hooks. It reads bundles and never learns what a task is."""
