// Settings as operators write them, with the slips that they make.
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, loadSettings, unknownVariables } from '../../src/index.ts'
import { TemporaryFolder } from '../storage/temporary-folder.ts'

/** Everything that is wrong with an environment or with flags; empty: nothing. */
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
  ])('%s is taken for a misspelled %s', (name, meant) => {
    expect(problemsOf({ environment: { [name]: '1' } })).toEqual([
      `${name} is not a setting: did you mean ${meant}?`,
    ])
  })

  test.each(['ROLLCALL_TOKEN', 'ROLLCALL_TEST_STORE', 'ROLLCALL_ID', 'ROLLCALL_REGISTRY_URL'])(
    '%s may belong to another program: no reason not to start, but one for a remark',
    (name) => {
      expect(problemsOf({ environment: { [name]: '1' } })).toEqual([])
      expect(unknownVariables({ [name]: '1', ROLLCALL_PORT: '1' })).toEqual([name])
    },
  )

  test('that is empty is not set', () => {
    expect(problemsOf({ environment: { ROLLCALL_PROT: '', ROLLCALL_PORT: '' } })).toEqual([])
  })

  test('of a service in Kubernetes is not remarked on, and explained where it is in the way', () => {
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
  test('has as many characters as PostgreSQL keeps apart, and no more', () => {
    expect(problemsOf({ flags: { dbSchema: 'a'.repeat(51) } })).toEqual([])
    expect(problemsOf({ flags: { dbSchema: 'a'.repeat(70) } })).toEqual([
      `--db-schema must be at most 51 characters, not 70: "${'a'.repeat(70)}"`,
    ])
  })

  test('that is no name is refused in words, not by a regular expression', () => {
    expect(problemsOf({ flags: { dbSchema: 'My Schema' } })).toEqual([
      '--db-schema must be lowercase letters, digits and _, and not begin with a digit, not "My Schema"',
    ])
  })
})

test('a configuration file may begin with a byte order mark', async () => {
  await using folder = await TemporaryFolder.create()
  const file = folder.file('rollcall.config.json')
  writeFileSync(file, '\uFEFF{"port": 9555}')
  expect(loadSettings({ environment: {}, file }).port).toBe(9555)
})
