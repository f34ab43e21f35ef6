// Elementary functions that give the same bits on every machine: no libm, no fused multiply-add.
// Under the simulated plant and the twin's pixels, before any shot of the walk exists.
#pragma once

namespace jt::simulator::exact {

// All need IEEE doubles, round to nearest. Errors are against the true value; tests measure them.

// Natural logarithm, x > 0 and finite. Relative error below 4e-16 (absolute near x = 1).
[[nodiscard]] double log(double x);
// e^x for |x| <= 700; 0 below, e^700 above. Relative error below 1e-15.
[[nodiscard]] double exp(double x);
// x^y, x >= 0. Relative error below (1 + |y ln x|) * 1e-15.
[[nodiscard]] double pow(double x, double y);
// sin(2 pi turns), |turns| < 2^52. Absolute error below 5e-16 for |turns| < 1, then that of `turns` itself.
[[nodiscard]] double sin_turns(double turns);
// ln k!, k >= 0. Absolute error below 1e-10 + 2e-16 * (the result).
[[nodiscard]] double log_factorial(double k);
// The normal quantile of 0 < p < 1, Wichura's AS 241 (Applied Statistics 37 (1988) 477), routine PPND16.
// Relative error about 1e-15.
[[nodiscard]] double normal_quantile(double p);

}  // namespace jt::simulator::exact
