// What `npm start` prints when everything is up.

/** One thing that runs, or does not: its name, what is to be known of it, and what is wrong with it. */
export type BannerRow = { name: string; text: string; problem?: string }

/** The curl line begins in the first column, so that it can be copied as it is. @param page of the console, where there is one */
export function banner(rows: readonly BannerRow[], curl: string, page?: string): string {
  const width = Math.max(...rows.map((row) => row.name.length))
  const broken = rows.filter((row) => row.problem !== undefined).length
  const head = broken === 0 ? 'Everything runs.' : `${broken} of ${rows.length} did not come up; the others run.`
  return [
    '',
    `  ${head} Ctrl-C stops it; the next npm start goes on where it was.`,
    '',
    ...rows.map(({ name, text, problem }) => `  ${name.padEnd(width)}  ${problem === undefined ? text : `NOT UP: ${problem}`}`),
    '',
    '  Next: send a first event,',
    '',
    curl,
    '',
    ...(page ? [`  then see it arrive at ${page},`] : []),
    '  or in another terminal: npx auth0-logs status, and npx auth0-logs simulate for more events.',
    '',
    '',
  ].join('\n')
}
