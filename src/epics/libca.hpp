// The functions of libca that we call, declared here: Debian has the library without its headers.
// Below `CaChannels`; nobody else speaks to libca. Names and layouts are libca's own (4.13, x86-64).
#pragma once

namespace jt::epics {

extern "C" {
struct oldChannelNotify;
struct oldSubscription;
struct ca_client_context;
using chid = oldChannelNotify*;
using evid = oldSubscription*;

// The callbacks get these by value.
struct connection_handler_args {
  chid channel;
  long op;
};
struct access_rights {
  unsigned read_access : 1;
  unsigned write_access : 1;
};
struct access_rights_handler_args {
  chid channel;
  access_rights rights;
};
struct event_handler_args {
  void* usr;
  chid channel;
  long type;
  long count;
  const void* dbr;  // host byte order; null unless status is ECA_NORMAL
  int status;
};
struct exception_handler_args {
  void* usr;
  chid channel;
  long type;
  long count;
  void* addr;
  long stat;
  long op;
  const char* ctx;
  const char* file;
  unsigned line;
};
using caCh = void(connection_handler_args);
using caArh = void(access_rights_handler_args);
using caEventCallBackFunc = void(event_handler_args);
using caExceptionHandler = void(exception_handler_args);

int ca_context_create(int preemptive_callbacks);
void ca_context_destroy();
int ca_add_exception_event(caExceptionHandler* handler, void* usr);
int ca_create_channel(const char* name, caCh* handler, void* puser, unsigned priority, chid* channel);
int ca_clear_channel(chid channel);
int ca_replace_access_rights_event(chid channel, caArh* handler);
int ca_array_put(long type, unsigned long count, chid channel, const void* value);
int ca_array_put_callback(long type, unsigned long count, chid channel, const void* value,
                          caEventCallBackFunc* handler, void* usr);
int ca_array_get_callback(long type, unsigned long count, chid channel, caEventCallBackFunc* handler,
                          void* usr);
int ca_create_subscription(long type, unsigned long count, chid channel, long mask,
                           caEventCallBackFunc* handler, void* usr, evid* subscription);
int ca_clear_subscription(evid subscription);
int ca_flush_io();
short ca_field_type(chid channel);
unsigned long ca_element_count(chid channel);
const char* ca_host_name(chid channel);
void* ca_puser(chid channel);
unsigned ca_read_access(chid channel);
unsigned ca_write_access(chid channel);
const char* ca_message(long status);
}

inline constexpr long op_connection_up = 6;
inline constexpr int eca_normal = 1;
inline constexpr int eca_disconnected = 192;
inline constexpr int eca_no_read_access = 368;
inline constexpr int eca_no_write_access = 376;
inline constexpr long mask_value_and_alarm = 1 | 4;

// A data type of the protocol: the base type with its company.
inline constexpr long dbr_time(long base) { return 14 + base; }
inline constexpr long dbr_ctrl(long base) { return 28 + base; }

static_assert(sizeof(connection_handler_args) == 16);
static_assert(sizeof(access_rights_handler_args) == 16);
static_assert(sizeof(event_handler_args) == 48);
static_assert(sizeof(exception_handler_args) == 80);

}  // namespace jt::epics
