"""Qmatic's Cloud Appointments API: a reservation is a visit that is held, an appointment one that was confirmed."""
