/** A sample of a metric. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^(?<name>[a-z_]+)(?:\{(?<labels>[^}]*)\})? (?<value>\S+)$/

/** Reads some metrics from the text format of Prometheus, by name. Their labels contain neither brackets, commas nor quotes. */
export function parseMetrics(
  text: string,
  names: ReadonlySet<string>,
): ReadonlyMap<string, readonly MetricSample[]> {
  const metrics = new Map<string, MetricSample[]>()
  for (const line of text.split('\n')) {
    const { name = '', labels = '', value = '' } = LINE.exec(line)?.groups ?? {}
    if (!names.has(name)) continue
    const samples = metrics.get(name) ?? []
    metrics.set(name, samples)
    samples.push({ labels: Object.fromEntries(labelsIn(labels)), value: Number(value) })
  }
  return metrics
}

/** Reads `kind="stream",other="1"`. */
function labelsIn(text: string): string[][] {
  if (text === '') return []
  return text.split(',').map((pair) => pair.replaceAll('"', '').split('='))
}
