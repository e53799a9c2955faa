"""The Pretrained Actigraphy Transformer: variants, input and heads (arXiv 2411.15240)."""
