/* sanitized.h - is this built with AddressSanitizer, which keeps memory of its own and looks at
 * itself through calls and files of all kinds? gcc has a macro for it, clang a feature. */
#ifndef DFIX_BASE_SANITIZED_H
#define DFIX_BASE_SANITIZED_H

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
