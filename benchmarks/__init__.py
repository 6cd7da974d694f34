"""What the performance claims of Meloko are measured with: `python -m benchmarks NAME`."""
