// Medians of many groups at once by sorting networks, one group per lane of a vector. Written once for all
// instruction sets: V is a type of the including file alone, so nothing here is shared between them.
// Under fused_common_mode.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace jt::reduction::kernels {

struct Exchange {
  unsigned low = 0, high = 0;
};

// K. E. Batcher's odd-even merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2 M): calls
// exchange(low, high) for a list of n; steps with p below `from` are taken as done.
template <class F>
constexpr void batcher(unsigned n, unsigned from, F exchange) {
  unsigned top = 1;
  while (2 * top < n) top *= 2;
  for (unsigned p = from; p <= top; p *= 2)
    for (unsigned k = p; k >= 1; k /= 2)
      for (unsigned j = k % p; j + k < n; j += 2 * k)
        for (unsigned i = 0; i < k && i + j + k < n; ++i)
          if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) exchange(i + j, i + j + k);
}

template <unsigned n>
constexpr unsigned exchanges() {
  unsigned count = 0;
  batcher(n, 1, [&](unsigned, unsigned) { ++count; });
  return count;
}
template <unsigned n>
constexpr std::array<Exchange, exchanges<n>()> network() {
  std::array<Exchange, exchanges<n>()> list{};
  unsigned count = 0;
  batcher(n, 1, [&](unsigned low, unsigned high) { list[count++] = {low, high}; });
  return list;
}

template <class V>
[[gnu::always_inline]] inline void compare(V& a, V& b) {
  const V low = V::smaller(a, b);
  b = V::larger(a, b);
  a = low;
}

template <class V, unsigned n, std::size_t... k>
[[gnu::always_inline]] inline void sort_in_registers(V* at, std::index_sequence<k...>) {
  constexpr auto list = network<n>();
  V v[n];
#pragma GCC unroll 64
  for (unsigned i = 0; i < n; ++i) v[i] = at[i];
  (compare(v[list[k].low], v[list[k].high]), ...);
#pragma GCC unroll 64
  for (unsigned i = 0; i < n; ++i) at[i] = v[i];
}
// A list of n in memory, in as many registers as there are.
template <class V, unsigned n>
[[gnu::noinline]] void sort_list(V* at) {
  sort_in_registers<V, n>(at, std::make_index_sequence<exchanges<n>()>());
}

// The two middle ones of two sorted lists of n together: the smaller half and the larger half fall out of one
// step of a bitonic merge.
template <class V, unsigned n>
void middle_of_two(const V* a, const V* b, V& lower, V& upper) {
  lower = V::smaller(a[0], b[n - 1]);
  upper = V::larger(a[0], b[n - 1]);
  for (unsigned i = 1; i < n; ++i) {
    lower = V::larger(lower, V::smaller(a[i], b[n - 1 - i]));
    upper = V::smaller(upper, V::larger(a[i], b[n - 1 - i]));
  }
}

// The two middle ones (n even) of each lane of at[0] ... at[n - 1]; reorders them.
template <class V>
void middle_of_many(V* at, unsigned n, V& lower, V& upper) {
  constexpr unsigned block = 32;
  unsigned first = 0;
  for (; first + block <= n; first += block) sort_list<V, block>(at + first);
  for (; first + 16 <= n; first += 16) sort_list<V, 16>(at + first);
  if (first < n) {
    V* rest = at + n / block * block;  // what is left after whole blocks, as one list
    batcher(n % block, 1, [&](unsigned low, unsigned high) { compare(rest[low], rest[high]); });
  }
  batcher(n, block, [&](unsigned low, unsigned high) { compare(at[low], at[high]); });
  lower = at[n / 2 - 1];
  upper = at[n / 2];
}

}  // namespace jt::reduction::kernels
