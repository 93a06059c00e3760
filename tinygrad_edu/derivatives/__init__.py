"""Derivatives of functions, checked and watched: grad, jacobian, gradcheck, detect_anomaly."""
