#ifndef REGISTRYD_CLIBCRYPTO_SHIM_H
#define REGISTRYD_CLIBCRYPTO_SHIM_H

// OpenSSL 3 deprecates SHA256_CTX in favour of EVP, which hides the state. An upload that resumes
// after a restart needs that state, so the older functions are used and their warning is silenced.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#endif
