#include "sources/event_source.hpp"
