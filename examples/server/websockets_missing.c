/* SPDX-License-Identifier: MIT */
#include "problem.h"
#include "routes.h"
#include "websockets.h"

/* For builds without wslay. */

bool websockets_start(server *s)
{
    (void)s;
    return true;
}

size_t websockets_count(websockets *all)
{
    (void)all;
    return 0;
}

void websockets_close_all(websockets *all)
{
    (void)all;
}

void websockets_free(websockets *all)
{
    (void)all;
}

void route_websocket(request *r)
{
    problem(r, 501, "this server was built without WebSockets");
}
