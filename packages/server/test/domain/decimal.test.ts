import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparableText, isExactNumber } from '../../src/domain/decimal.ts'

test('numbers written by JavaScript are exact, in any notation', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(isExactNumber(JSON.stringify(number))).toBe(true)
      expect(isExactNumber(number.toExponential())).toBe(true)
      expect(comparableText(number.toExponential())).toBe(String(number === 0 ? 0 : number))
    }),
  )
})

test('integers are exact if and only if their digits survive a round trip', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (number) => {
      const roundTrip = BigInt(Number(number).toLocaleString('en', { useGrouping: false }))
      expect(isExactNumber(String(number))).toBe(roundTrip === number)
    }),
  )
})

test('a decimal with one digit more than a double can hold is not exact', () => {
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
  '%j is compared as text',
  (text) => {
    expect(comparableText(text)).toBe(text)
  },
)
