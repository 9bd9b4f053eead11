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
 * Reads the Prometheus text format 0.0.4, as strictly as a scraper does: every line is a HELP, a
 * TYPE or a sample, every family has one TYPE before its samples, no sample is told twice.
 *
 * @throws Error that names the line which is wrong
 */
export function parsePrometheusText(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
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
      if (samples.has(key)) throw new Error(`told twice: ${line}`)
      samples.set(key, sample)
    }
  }
  return [...samples.values()]
}

/** The value of one sample; 0 when there is none, as for a counter that has counted nothing. */
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
  // Scrapers read numbers as Go does, which minds no case in these two words.
  if (Number.isNaN(value) && !/^nan$/i.test(valueText)) throw new Error(`not a number: ${line}`)
  const labels = labelText.matchAll(new RegExp(LABEL, 'g')).map(([label]) => {
    const equals = label.indexOf('=')
    return [label.slice(0, equals), label.slice(equals + 2, -1)] as const
  })
  return { name, labels: Object.fromEntries(labels), value }
}

/** The samples of a histogram have names of their own. */
function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const family = name.replace(/_(bucket|sum|count)$/, '')
  const kind = types.get(family)
  return kind === 'histogram' || kind === 'summary' ? family : name
}
