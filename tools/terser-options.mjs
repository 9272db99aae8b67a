/**
 * How code for Espruino and JerryScript is minified. What is set here keeps terser from writing what Espruino gets wrong
 * (test/house/language.test.ts checks the outcome):
 *
 *   hoist_funs        Espruino does not hoist function declarations, so terser has to
 *   inline: 1         above 1 terser declares the inlined function's variables behind their first use
 *   directives: false Espruino's "jit" and "ram" stay
 *   ascii_only        Espruino reads source as bytes
 *   reserved          Espruino takes `of` and `static` for keywords
 */
export const terserOptions = {
  ecma: 2015,
  toplevel: true,
  compress: { ecma: 2015, toplevel: true, hoist_funs: true, inline: 1, directives: false, passes: 2, hoist_vars: false },
  mangle: { toplevel: true, reserved: ['of', 'static'] },
  format: { ecma: 2015, ascii_only: true, comments: false },
};
