/** A skill that a card describes. */
interface CardSkill {
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
}

/** What a reader wants to know of a card first. */
export interface CardSummary {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly version: string | undefined
  /** Who runs the agent. */
  readonly provider: string | undefined
  readonly skills: readonly CardSkill[]
}

/** Summarizes the JSON of a card, in any version of A2A, or of an MCP server; undefined: it is no object. */
export function summaryOf(card: unknown): CardSummary | undefined {
  if (!isObject(card)) return undefined
  const provider = isObject(card.provider) ? textIn(card.provider, 'organization') : undefined
  const skills = Array.isArray(card.skills) ? card.skills.filter(isObject) : []
  return {
    name: textIn(card, 'name'),
    description: textIn(card, 'description'),
    version: textIn(card, 'version'),
    provider,
    skills: skills.map((skill) => ({
      name: textIn(skill, 'name') ?? textIn(skill, 'id') ?? '',
      description: textIn(skill, 'description') ?? '',
      tags: Array.isArray(skill.tags) ? skill.tags.filter((tag) => typeof tag === 'string') : [],
    })),
  }
}

/** Reads JSON; undefined: it is none. */
export function parseCard(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textIn(object: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = object[name]
  return typeof value === 'string' ? value : undefined
}
