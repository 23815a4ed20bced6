"""DICOM: photos in and out, results as the standard has them, sending and receiving.

description   whom, what and with what a photo shows: what DICOM wants beside the pixels
photo         a photo as it will be stored: a JPEG bit by bit, or pixels
image         clinical and dermoscopic images;  confocal: mosaics and stacks
wrap, unwrap  from files to files;  check: what is right and wrong with a file
deidentify    the basic profile of PS3.15
report        structured reports and back;  overlay, segmentation: results as images
send, receive the network
"""
