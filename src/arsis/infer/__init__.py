"""The pipeline that answers: trained bundle, windows, prediction. ONNX Runtime, never torch."""
