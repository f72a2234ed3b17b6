// How the browser tests run. `cargo xtask test --only browser` builds what they need and tells where it is:
// CHROME (the browser), TERRARIUM_PAGE (folder of the built page), TERRARIUM_BINARIES (folder of relay and trainer), and
// TERRARIUM_REPORT (the file to write down in which tests have run).
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'browser',
  testMatch: '*.spec.mjs',
  // Two cores carry one page at a time with the training that goes on in it.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ...(process.env.TERRARIUM_REPORT ? [['json', { outputFile: process.env.TERRARIUM_REPORT }]] : [])],
  outputDir: '../target/browser-test-results',
  use: {
    browserName: 'chromium',
    headless: true,
    // A trace without a film: filming a page that is drawn in software takes a good part of the processor.
    trace: { mode: 'retain-on-failure', screenshots: false },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROME ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
