import { expect, test } from 'vitest'
import { SETTINGS } from '../../src/config/settings.ts'
import { type Limit, SERVER_LIMITS } from '../../src/limits/server-limits.ts'

test('a limit with a setting has the default of that setting', () => {
  for (const { setting, value } of Object.values<Limit>(SERVER_LIMITS)) {
    if (setting === undefined) continue
    expect(SETTINGS.find(({ flag }) => flag === setting)?.rule.default, setting).toBe(value)
  }
})
