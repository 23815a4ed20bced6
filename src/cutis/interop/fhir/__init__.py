"""Results as FHIR R4 and R5, a client for FHIR servers, and the launch from a medical record.

Resources are plain JSON made by typed functions: serving needs no model library.
"""
