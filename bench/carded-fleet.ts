/** Bytes of a card. */
export const CARD_BYTES = 4096
/** Kinds of agents: those of one kind have the same skills. */
export const KINDS = 1000

const VERBS =
  'summarize translate classify extract compare review draft schedule forecast audit'.split(' ')
const OBJECTS =
  'contracts invoices tickets papers recipes sensor-logs maps songs patients flights'.split(' ')
const PLACES = 'berlin lagos lima osaka quito perth oslo cairo delhi austin'.split(' ')

/** What a registry takes from a card. */
export const FACTS = {
  description: 'Answers questions.',
  version: '1.0.0',
  protocol: 'a2a',
  tags: ['search'],
  url: 'http://10.0.0.7:8000',
}

/** Returns an agent card of A2A 1.0 with four skills of the agent's kind, filled up to its size. */
export function cardOf(i: number) {
  const kind = i % KINDS
  const card = {
    name: `Researcher ${i}`,
    description: FACTS.description,
    version: FACTS.version,
    supportedInterfaces: [{ url: FACTS.url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [0, 1, 2, 3].map((at) => skillOf(kind, at)),
    'x-more': '',
  }
  const missing = CARD_BYTES - Buffer.byteLength(JSON.stringify(card))
  return { card: { ...card, 'x-more': 'x'.repeat(missing) } }
}

function skillOf(kind: number, at: number) {
  const [verb, object, place] = wordsOfSkill(kind, at)
  return {
    id: `${verb}-${at}`,
    name: `${verb} ${object}`,
    description: `Can ${verb} ${object} from ${place}, and says where each was found.`,
    tags: ['search'],
  }
}

/** Returns the verb, the object and the place of one skill of a kind of agents. */
export function wordsOfSkill(kind: number, at: number): [string, string, string] {
  const digit = (place: number) => (Math.floor(kind / 10 ** place) + at) % 10
  return [VERBS[digit(0)] as string, OBJECTS[digit(1)] as string, PLACES[digit(2)] as string]
}
