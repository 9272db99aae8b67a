/* ringlet as a native module of a JerryScript firmware: see README.md. */
#ifndef RINGLET_MODULE_H
#define RINGLET_MODULE_H

/* Makes the global `ringletNative`; once, between jerry_init and the first script that uses it. */
void ringlet_module_register (void);

#endif
