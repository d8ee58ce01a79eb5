"""Drives HdrHistogram for Python on behalf of hdr_python.rs; prints JSON."""

import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

HIGHEST_NS = 86_400_000_000_000


def describe(histogram):
    counted = histogram.get_recorded_iterator()
    lowest = histogram.get_lowest_equivalent_value
    return {
        "buckets": [(lowest(item.value_iterated_to), item.count_at_value_iterated_to) for item in counted],
        "figures": histogram.significant_figures,
        "tag": histogram.get_tag(),
        "start_ms": round(histogram.get_start_time_stamp()),
        "end_ms": round(histogram.get_end_time_stamp()),
        "p50": histogram.get_value_at_percentile(50.0),
        "p90": histogram.get_value_at_percentile(90.0),
        "p99": histogram.get_value_at_percentile(99.0),
    }


def read(path):
    reader = HistogramLogReader(path, HdrHistogram(1, HIGHEST_NS, 3))
    found = []
    while histogram := reader.get_next_interval_histogram():
        found.append(describe(histogram))
    return found


def write(path, figures, start):
    with open(path, "w", encoding="utf-8") as file:
        writer = HistogramLogWriter(file)
        writer.output_log_format_version()
        writer.output_base_time(int(start) * 1000)
        writer.output_legend()
        for slot in range(5):
            histogram = HdrHistogram(1, HIGHEST_NS, int(figures))
            for i in range(1, 1001):
                histogram.record_value(5_000 + i * i * i * (3 + slot))
            # The writer takes a start of zero for "not given".
            histogram.set_start_time_stamp(int(start) * 1000 + slot * 10_000)
            histogram.set_end_time_stamp(int(start) * 1000 + (slot + 1) * 10_000)
            writer.base_time = int(start) * 1000
            writer.output_interval_histogram(histogram)
    return None


def edges(figures):
    histogram = HdrHistogram(1, (1 << 62), int(figures))
    value, found = 0, []
    while value < 1 << 62:
        upper = histogram.get_highest_equivalent_value(value)
        found.append((histogram.get_lowest_equivalent_value(value), upper))
        value = upper + 1
    return found


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps({"read": read, "write": write, "edges": edges}[command](*arguments)))
