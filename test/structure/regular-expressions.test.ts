// No regular expression that sees input takes more than a time in proportion to the length of its text.
import { expect, test } from 'vitest'
import { attackTexts } from './regular-expressions/attack-texts.ts'
import {
  computedPatterns,
  contractPatterns,
  literalPatterns,
  type SourcePattern,
} from './regular-expressions/source-patterns.ts'
import { StepCounter } from './regular-expressions/step-counter.ts'

/** Repetitions of a text. With twice as many, a linear pattern takes twice the steps, and a quadratic one four times. */
const REPETITIONS = 40
const MOST_GROWTH = 3.3

/** Whether twice the text takes much more than twice the steps, for any of the texts. */
function growsFasterThanInput(pattern: Pick<SourcePattern, 'source' | 'flags'>): boolean {
  const counter = new StepCounter(pattern)
  return attackTexts(counter.tree, counter.flags).some((text) => {
    const [once, twice] = [REPETITIONS, 2 * REPETITIONS].map((it) => counter.stepsFor(text(it)))
    return twice === Number.POSITIVE_INFINITY || (twice ?? 0) > MOST_GROWTH * (once ?? 0)
  })
}

test.each([
  ['^(a+)+$', ''],
  ['(a|a)*b', ''],
  ['^(?:a|aa)+$', ''],
  ['/+$', ''],
  ['\\s*\\n\\s*', 'g'],
  ['^.*a.*b$', ''],
  ['<[^>]*>x', ''],
  ['(\\w+\\s?)+$', ''],
  ['^(?!.*a.*b)', ''],
])('a pattern that takes longer is found: %s', (source, flags) => {
  expect(growsFasterThanInput({ source, flags })).toBe(true)
})

test.each([
  ['^a+$', ''],
  ['^[a-z]+(?::[a-z]+)*$', ''],
  ['^(\\d{1,15}):(\\d+)$', ''],
  ['"[^"]*"', 'g'],
  ['^(?!\\.{1,2}$)[a-z.]+$', ''],
])('one that does not is none: %s', (source, flags) => {
  expect(growsFasterThanInput({ source, flags })).toBe(false)
})

const OWN_TEXT = 'a text of the operator, of the command itself, or of the registry of its choice'
const VALID_JSON = 'only after JSON.parse: each quote that opens a text has one that closes it'

/** Patterns that take longer, by file, and why no client can make use of that. */
const BOUNDED: Readonly<Record<string, string>> = {
  'packages/cli/src/completion/command-words.ts': OWN_TEXT,
  'packages/cli/src/output/failure.ts': OWN_TEXT,
  'packages/cli/src/serve/complete-serve.ts': OWN_TEXT,
  'packages/cli/src/serve/identity-options.ts': OWN_TEXT,
  'packages/cli/src/sidecar/agent-identity.ts': OWN_TEXT,
  'packages/cli/src/sidecar/notices.ts': OWN_TEXT,
  'packages/client/src/transport/registry-addresses.ts': OWN_TEXT,
  'packages/client/src/transport/registry-api.ts': 'a header, of at most 16 KiB, of the registry',
  'packages/protocol/src/without-password.ts': OWN_TEXT,
  'packages/server/src/access/certificates/certificate-name.ts':
    'a certificate that an authority of the operator has issued',
  'packages/server/src/access/identity-rules.ts': OWN_TEXT,
  'packages/server/src/agent-registry-server.ts': OWN_TEXT,
  'packages/server/src/domain/query/metadata-leaves.ts': VALID_JSON,
  'packages/server/src/http/bodies/json-precision.ts': VALID_JSON,
  'packages/server/src/http/bodies/member-text.ts': VALID_JSON,
  'packages/server/src/http/catalogs/catalog-options.ts': OWN_TEXT,
  'packages/server/src/http/requests/request-id.ts':
    'repeats at most 128 characters, from the beginning',
  'packages/server/src/http/requests/routing.ts': 'a path that was cut to 80 characters',
  'packages/server/src/limits/catalog-limits.ts': 'a host of at most 200 characters',
}

/**
 * Files that compute patterns: from the contract, whose patterns are examined here, from their own constants, or from
 * rules of the operator, which have few wildcards and are about short names.
 */
const COMPUTED = [
  'packages/cli/src/mirror/mirrored-agent.ts',
  'packages/cli/src/options/option-values.ts',
  'packages/client/src/options/option-rules.ts',
  'packages/client/src/options/resolve-options.ts',
  'packages/server/src/access/agent-patterns.ts',
  'packages/server/src/access/identity-rules.ts',
  'packages/server/src/access/token-list.ts',
  'packages/server/src/domain/agent-address.ts',
  'packages/server/src/domain/agent-registration.ts',
  'packages/server/src/http/access/request-audit.ts',
  'packages/server/src/http/connections/client-errors.ts',
  'packages/server/src/http/lists/cursor.ts',
  'packages/server/src/http/requests/routing.ts',
]

test('each pattern of the sources takes a time in proportion to its text, or sees short ones only', () => {
  const patterns = [...literalPatterns(), ...contractPatterns()]
  expect(patterns.length).toBeGreaterThan(100)
  const slow = new Set(patterns.filter(growsFasterThanInput).map(({ where }) => where))
  expect([...slow].toSorted()).toEqual(Object.keys(BOUNDED).toSorted())
})

test('no other file computes a pattern', () => {
  expect(computedPatterns().toSorted()).toEqual(COMPUTED.toSorted())
})
