// Nothing to call: the library is preloaded for the sake of the function that it replaces.
