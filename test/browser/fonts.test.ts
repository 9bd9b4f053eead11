import { expect, test } from 'vitest'
import { startBrowser } from './browser.ts'

/** The packaged browser brings its fonts: text must render on a system without any. */
test('a page renders its text', async () => {
  await using browser = await startBrowser()
  const page = await browser.newPage()
  await page.setContent('<p style="display: inline; font-size: 40px"></p>')
  const empty = await page.screenshot()
  const paragraph = page.locator('p')
  const widthOf = async (text: string): Promise<number> => {
    await paragraph.evaluate((element, content) => {
      element.textContent = content
    }, text)
    return (await paragraph.boundingBox())?.width ?? 0
  }
  const [narrow, wide] = [await widthOf('iiiiiiii'), await widthOf('WWWWWWWW')]
  expect(narrow).toBeGreaterThan(0)
  // A placeholder glyph has the same width for every character.
  expect(wide).toBeGreaterThan(1.5 * narrow)
  expect(await page.screenshot()).not.toEqual(empty)
})
