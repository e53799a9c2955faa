"""PAT on PyTorch: the folded predictor for accelerators, and the network as it is trained."""
