"""PAT on ONNX Runtime: the default predictor, and the builder of its graphs."""
