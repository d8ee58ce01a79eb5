"""Asks the OpenTelemetry SDK for bucket indexes on behalf of exponential_python.rs; prints JSON."""

import json
import sys

from opentelemetry.sdk.metrics._internal.exponential_histogram.mapping.exponent_mapping import ExponentMapping
from opentelemetry.sdk.metrics._internal.exponential_histogram.mapping.logarithm_mapping import LogarithmMapping

if __name__ == "__main__":
    scale, *values = map(int, sys.argv[1:])
    mapping = ExponentMapping(scale) if scale <= 0 else LogarithmMapping(scale)
    print(json.dumps([mapping.map_to_index(float(value)) for value in values]))
