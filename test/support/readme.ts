// The README taken apart: its commands in the order in which a reader meets them, its links and headings. Pure.

/** A command of a ```bash block. `comment` is what stands behind its #; `notRun` why no test runs it. */
export type ReadmeCommand = { line: string; comment: string; notRun?: string }

/** A block between fences, with the language behind the first. */
export type Fence = { language: string; text: string; notRun?: string }

/** `<!-- not run: why -->` on the line above a block keeps a test from running it. */
const FENCE = /(?:<!-- not run: (.+?) -->\n)?^( *)```(\w*)\n([\s\S]*?)^ *```$/gm

export const fences = (readme: string): Fence[] =>
  [...readme.matchAll(FENCE)].map(([, notRun, indent, language, text]) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    ...(notRun ? { notRun } : {}),
  }))

export function commands(readme: string): ReadmeCommand[] {
  return fences(readme)
    .filter(({ language }) => language === 'bash')
    .flatMap(({ text, notRun }) =>
      text
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => {
          const [, command, comment = ''] = /^(.*?)(?:\s+# (.*))?$/.exec(line)!
          return { line: command, comment, ...(notRun ? { notRun } : {}) }
        }),
    )
}

const prose = (readme: string) => readme.replaceAll(FENCE, '')

/** Commands within sentences and tables, such as `npx auth0-logs status`. */
export const inlineCommands = (readme: string): string[] =>
  [...prose(readme).matchAll(/`((?:npx )?auth0-logs [^`]+|npm [^`]+)`/g)].map(([, command]) => command)

/** Targets of links and images that are not addresses of the web. */
export const localLinks = (readme: string): string[] =>
  [...prose(readme).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target).filter((target) => !/^https?:/.test(target))

/** The anchors of all headings, as GitHub makes them. */
export const anchors = (readme: string): string[] =>
  [...prose(readme).matchAll(/^#+ (.+)$/gm)].map(
    ([, heading]) =>
      `#${heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')}`,
  )
