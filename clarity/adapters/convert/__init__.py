"""Weights in and out of files: published Keras HDF5, safetensors."""
