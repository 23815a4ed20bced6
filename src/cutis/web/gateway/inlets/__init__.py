"""How photos come, a module each: by DICOM, into a folder, from DICOMweb servers, from health records.

Each inlet hands what comes to `cutis.web.gateway.arrive.arrive`, and says what is wrong with it in words.
"""
