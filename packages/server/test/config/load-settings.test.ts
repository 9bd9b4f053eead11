// Settings as operators write them, with typical mistakes.
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import {
  ConfigurationError,
  loadSettings,
  parseListSetting,
  unknownVariables,
} from '../../src/index.ts'

/** Returns all problems of an environment or flags. */
function problemsOf(sources: Parameters<typeof loadSettings>[0]): readonly string[] {
  try {
    loadSettings({ environment: {}, ...sources })
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

describe('a variable', () => {
  test.each([
    ['ROLLCALL_PROT', 'ROLLCALL_PORT'],
    ['ROLLCALL_PORTS', 'ROLLCALL_PORT'],
    ['ROLLCALL_HSOT', 'ROLLCALL_HOST'],
    ['ROLLCALL_LOGLEVEL', 'ROLLCALL_LOG_LEVEL'],
    ['ROLLCALL_CLEANUP_INTERAVL', 'ROLLCALL_CLEANUP_INTERVAL'],
    ['ROLLCALL_CONFG', 'ROLLCALL_CONFIG'],
  ])('%s is recognized as a misspelled %s', (name, suggestion) => {
    expect(problemsOf({ environment: { [name]: '1' } })).toEqual([
      `${name} is not a setting: did you mean ${suggestion}?`,
    ])
  })

  test.each(['ROLLCALL_TEST_STORE', 'ROLLCALL_ID', 'ROLLCALL_REGISTRY_URL'])(
    '%s may belong to another program: it does not prevent the start, but is reported',
    (name) => {
      expect(problemsOf({ environment: { [name]: '1' } })).toEqual([])
      expect(unknownVariables({ [name]: '1', ROLLCALL_PORT: '1' })).toEqual([name])
    },
  )

  test.each(['ROLLCALL_TOKEN', 'ROLLCALL_TOKEN_FILE'])('%s belongs to clients', (name) => {
    expect(problemsOf({ environment: { [name]: '1' } })).toEqual([])
    expect(unknownVariables({ [name]: '1' })).toEqual([])
  })

  test('that is empty counts as not set', () => {
    expect(problemsOf({ environment: { ROLLCALL_PROT: '', ROLLCALL_PORT: '' } })).toEqual([])
  })

  test('of a Kubernetes service is ignored, and explained if it conflicts', () => {
    const links = {
      ROLLCALL_SERVICE_HOST: '10.0.0.1',
      ROLLCALL_SERVICE_PORT: '9000',
      ROLLCALL_SERVICE_PORT_HTTP: '9000',
      ROLLCALL_PORT_9000_TCP: 'tcp://10.0.0.1:9000',
      ROLLCALL_PORT_9000_TCP_ADDR: '10.0.0.1',
    }
    expect(problemsOf({ environment: links })).toEqual([])
    expect(unknownVariables(links)).toEqual([])
    const port = { ...links, ROLLCALL_PORT: 'tcp://10.0.0.1:9000' }
    expect(problemsOf({ environment: port })).toEqual([expect.stringContaining('Kubernetes')])
  })
})

describe('the name of a schema', () => {
  test('has at most as many characters as PostgreSQL distinguishes', () => {
    expect(problemsOf({ flags: { dbSchema: 'a'.repeat(51) } })).toEqual([])
    expect(problemsOf({ flags: { dbSchema: 'a'.repeat(70) } })).toEqual([
      `--db-schema must be at most 51 characters, not 70: "${'a'.repeat(70)}"`,
    ])
  })

  test('that is invalid is rejected with an explanation instead of a regular expression', () => {
    expect(problemsOf({ flags: { dbSchema: 'My Schema' } })).toEqual([
      '--db-schema must be lowercase letters, digits and _, and not begin with a digit, not "My Schema"',
    ])
  })
})

describe('a list', () => {
  test('is separated by commas, wherever it is set', () => {
    const list = ' agents.example, *.agents.example,,rollcall '
    const { allowedHosts } = loadSettings({ flags: { allowedHosts: list }, environment: {} })
    expect(parseListSetting(allowedHosts)).toEqual([
      'agents.example',
      '*.agents.example',
      'rollcall',
    ])
    const environment = { ROLLCALL_CORS_ORIGIN: 'https://a.example,http://localhost:5173' }
    expect(parseListSetting(loadSettings({ environment }).corsOrigin)).toEqual([
      'https://a.example',
      'http://localhost:5173',
    ])
  })

  test('is empty by default', () => {
    const { allowedHosts, corsOrigin } = loadSettings({ environment: {} })
    expect([allowedHosts, corsOrigin].map(parseListSetting)).toEqual([[], []])
  })

  test.each([
    ['allowedHosts', '--allowed-hosts takes host names without port', 'a.example,b.example:9000'],
    [
      'corsOrigin',
      '--cors-origin takes origins without path',
      'https://a.example,https://b.example/',
    ],
  ])('with an invalid entry is rejected: %s', (key, problem, list) => {
    expect(problemsOf({ flags: { [key]: list } })).toEqual([
      expect.stringMatching(new RegExp(`^${problem}.*, not "${list}"$`)),
    ])
  })
})

test('a configuration file may begin with a byte order mark', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('rollcall.config.json')
  writeFileSync(file, '\uFEFF{"port": 9555}')
  expect(loadSettings({ environment: {}, file }).port).toBe(9555)
})

describe('a switch', () => {
  const insecure = (sources: Parameters<typeof loadSettings>[0]) =>
    loadSettings({ environment: {}, ...sources }).insecure

  test('is off unless it is switched on', () => {
    expect(insecure({})).toBe(false)
    expect(insecure({ flags: { insecure: 'true' } })).toBe(true)
    expect(insecure({ environment: { ROLLCALL_INSECURE: 'true' } })).toBe(true)
    expect(insecure({ environment: { ROLLCALL_INSECURE: 'false' } })).toBe(false)
  })

  test.each(['1', 'yes', 'TRUE'])('is not coerced from %s', (text) => {
    expect(problemsOf({ environment: { ROLLCALL_INSECURE: text } })).toHaveLength(1)
  })

  test('is a boolean in the file', () => {
    using folder = new TemporaryFolder()
    const file = folder.file('rollcall.config.json')
    writeFileSync(file, '{"insecure": "true"}')
    expect(problemsOf({ file })).toEqual([
      `"insecure" in ${file} must be true or false, not "true"`,
    ])
    writeFileSync(file, '{"insecure": true}')
    expect(insecure({ file })).toBe(true)
  })
})

test('the token file of the server has another variable than the token of a client', () => {
  const environment = { ROLLCALL_TOKEN_FILE: '/mine', ROLLCALL_SERVER_TOKEN_FILE: '/all' }
  expect(loadSettings({ environment }).tokenFile).toBe('/all')
})
