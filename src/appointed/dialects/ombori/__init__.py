"""Ombori Grid's Queues API: a queue is a service with slots of one length, a position is a visit."""
