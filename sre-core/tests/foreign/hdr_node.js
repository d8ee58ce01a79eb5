// Drives HdrHistogram for JavaScript on behalf of hdr_node.rs; prints JSON.
"use strict";

const fs = require("fs");
const hdr = require("hdr-histogram-js");
const RecordedValues = require("hdr-histogram-js/dist/RecordedValuesIterator").default;

// One day: numbers of JavaScript are exact up to 104.
const HIGHEST_NS = 86_400_000_000_000;

const build = (figures) =>
  hdr.build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_NS,
    numberOfSignificantValueDigits: Number(figures),
  });

function describe(histogram) {
  const buckets = [];
  const recorded = new RecordedValues(histogram);
  while (recorded.hasNext()) {
    const item = recorded.next();
    buckets.push([histogram.lowestEquivalentValue(item.valueIteratedTo), item.countAtValueIteratedTo]);
  }
  return {
    buckets,
    figures: histogram.numberOfSignificantValueDigits,
    tag: histogram.tag,
    start_ms: histogram.startTimeStampMsec,
    end_ms: histogram.endTimeStampMsec,
    p50: histogram.getValueAtPercentile(50),
    p90: histogram.getValueAtPercentile(90),
    p99: histogram.getValueAtPercentile(99),
  };
}

function read(path) {
  const reader = new hdr.HistogramLogReader(fs.readFileSync(path, "utf8"), 64);
  const found = [];
  for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) {
    found.push(describe(next));
  }
  return found;
}

function write(path, figures, start) {
  const lines = [];
  const writer = new hdr.HistogramLogWriter((line) => lines.push(line));
  writer.outputLogFormatVersion();
  writer.outputStartTime(Number(start) * 1000);
  writer.outputLegend();
  for (let slot = 0; slot < 5; slot++) {
    const histogram = build(figures);
    for (let i = 1; i <= 1000; i++) {
      histogram.recordValue(5000 + i * i * i * (3 + slot));
    }
    const begin = Number(start) + slot * 10;
    writer.outputIntervalHistogram(histogram, begin, begin + 10);
  }
  fs.writeFileSync(path, lines.join(""));
  return null;
}

function edges(figures) {
  const histogram = build(figures);
  const found = [];
  for (let value = 0; value < HIGHEST_NS; ) {
    const upper = histogram.highestEquivalentValue(value);
    found.push([histogram.lowestEquivalentValue(value), upper]);
    value = upper + 1;
  }
  return found;
}

const [command, ...rest] = process.argv.slice(2);
process.stdout.write(JSON.stringify({ read, write, edges }[command](...rest)));
