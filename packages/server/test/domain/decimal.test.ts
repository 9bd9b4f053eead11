import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparableText, isExactNumber } from '../../src/domain/decimal.ts'

test('what JavaScript writes is kept, in any notation', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(isExactNumber(JSON.stringify(number))).toBe(true)
      expect(isExactNumber(number.toExponential())).toBe(true)
      expect(comparableText(number.toExponential())).toBe(String(number === 0 ? 0 : number))
    }),
  )
})

test('whole numbers are kept exactly when their digits are those that come back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (number) => {
      const comesBack = BigInt(Number(number).toLocaleString('en', { useGrouping: false }))
      expect(isExactNumber(String(number))).toBe(comesBack === number)
    }),
  )
})

test('a decimal with one digit more than a double holds is not kept', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 300 }),
      (digit, zeros) => {
        expect(isExactNumber(`${digit}.${'0'.repeat(18 + zeros)}${digit}`)).toBe(false)
        expect(isExactNumber(`${digit}.${'0'.repeat(18 + zeros)}`)).toBe(true)
      },
    ),
  )
})

test.each(['1.', '.5', '+1', '01', '0x10', 'Infinity', 'NaN', '', ' 1', '1 ', '1e', '1e400', '१'])(
  '%j is compared as the text that it is',
  (text) => {
    expect(comparableText(text)).toBe(text)
  },
)
