#ifndef REGISTRYD_CLIBCRYPT_SHIM_H
#define REGISTRYD_CLIBCRYPT_SHIM_H

#include <crypt.h>

#endif
