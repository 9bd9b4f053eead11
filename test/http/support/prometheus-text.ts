/** One line of a scrape. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*),?\\})? (\\S+)(?: -?\\d+)?$`)
const HELP = new RegExp(`^# HELP (${NAME}) .+$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`)

/**
 * Parses the Prometheus text format 0.0.4, as strictly as a scraper: every line is a HELP, a TYPE
 * or a sample, every family has one TYPE before its samples, no sample is repeated.
 *
 * @throws Error that names the invalid line
 */
export function parsePrometheusText(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line is not terminated')
  const types = new Map<string, string>()
  const samples = new Map<string, Sample>()
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const type = TYPE.exec(line)
    if (type) {
      const [, family = '', kind = ''] = type
      if (types.has(family)) throw new Error(`a second type: ${line}`)
      types.set(family, kind)
    } else if (!HELP.test(line)) {
      const sample = parseSample(line)
      if (!types.has(familyOf(sample.name, types))) throw new Error(`of no known type: ${line}`)
      const key = line.slice(0, line.lastIndexOf(' '))
      if (samples.has(key)) throw new Error(`duplicate: ${line}`)
      samples.set(key, sample)
    }
  }
  return [...samples.values()]
}

/**
 * Returns the value of one sample; 0 if it is absent, as for a counter that has not counted yet.
 */
export function sampleValue(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  return found?.value ?? 0
}

function parseSample(line: string): Sample {
  const found = SAMPLE.exec(line)
  if (!found) throw new Error(`not a sample: ${line}`)
  const [, name = '', labelText = '', valueText = ''] = found
  const value = /^[+-]?inf$/i.test(valueText) ? Number.POSITIVE_INFINITY : Number(valueText)
  // Scrapers parse numbers as Go does, which ignores case in these two words.
  if (Number.isNaN(value) && !/^nan$/i.test(valueText)) throw new Error(`not a number: ${line}`)
  const labels = labelText.matchAll(new RegExp(LABEL, 'g')).map(([label]) => {
    const equals = label.indexOf('=')
    return [label.slice(0, equals), label.slice(equals + 2, -1)] as const
  })
  return { name, labels: Object.fromEntries(labels), value }
}

/** Samples of a histogram have suffixes. */
function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const family = name.replace(/_(bucket|sum|count)$/, '')
  const kind = types.get(family)
  return kind === 'histogram' || kind === 'summary' ? family : name
}
