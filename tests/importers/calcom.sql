--
-- PostgreSQL database dump
--

\restrict x7

SET statement_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TYPE public."BookingStatus" AS ENUM (
    'cancelled',
    'accepted; no'
);

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  -- it's; a 'body
  RETURN NEW; END $_$;

CREATE TABLE public."Schedule" (
    id integer NOT NULL,
    "userId" integer NOT NULL,
    name text DEFAULT 'it''s (mine), ok'::text NOT NULL,
    "timeZone" text,
    CONSTRAINT positive CHECK ((id > 0))
);

COPY public."Attendee" (id, email, name, "timeZone", "bookingId", locale, "phoneNumber") FROM stdin;
1	gina@example.com	Gina\tGreen \\ Söhne	Europe/Berlin	1	de	+4915112345
2	hugo@example.com	Hugo	Europe/Berlin	2	en	\N
3	ines@example.com	Ines	Europe/Berlin	2	\N	\N
4	ivo@example.com	Ivo	Europe/Berlin	5	en	\N
5	ida@example.com	Ida	Europe/Berlin	5	en	\N
6	jo@example.com	Jo	Europe/Berlin	6	en	\N
\.


COPY public."Availability" (id, "userId", "eventTypeId", days, "startTime", "endTime", date, "scheduleId") FROM stdin;
1	\N	\N	{1,2,3,4,5}	09:00:00	12:00:00	\N	1
2	\N	\N	{}	10:00:00	11:00:00	2026-11-24	1
3	\N	\N	{}	00:00:00	00:00:00	2026-11-25	1
4	\N	\N	{1}	10:00:00	23:59:00	\N	2
\.


COPY public."Booking" (id, uid, "userId", "eventTypeId", title, description, "startTime", "endTime", "createdAt", status, location) FROM stdin;
1	b-1	1	1	Intro with Gina	first row\nsecond\\row	2026-11-23 08:00:00	2026-11-23 08:30:00	2026-11-01 10:00:00.123	accepted	\N
2	b-2	2	4	Class	\N	2026-11-23 10:00:00	2026-11-23 11:00:00	2026-11-01 10:00:00	accepted	\N
3	b-3	1	1	Off	\N	2026-11-23 10:00:00	2026-11-23 10:30:00	2026-11-01 10:00:00	cancelled	\N
4	b-4	1	1	Perhaps	\N	2026-11-23 10:00:00	2026-11-23 10:30:00	2026-11-01 10:00:00	pending	\N
5	b-5	2	3	Sales	\N	2026-11-23 09:00:00	2026-11-23 09:30:00	2026-11-01 10:00:00	accepted	\N
6	b-6	1	1	Past	\N	2026-11-16 08:00:00	2026-11-16 08:30:00	2026-11-01 10:00:00	accepted	\N
7	b-7	1	\N	Dynamic	\N	2026-11-23 10:00:00	2026-11-23 10:30:00	2026-11-01 10:00:00	accepted	\N
8	b-8	9	1	Nobody's	\N	2026-11-23 10:00:00	2026-11-23 10:30:00	2026-11-01 10:00:00	accepted	\N
\.


COPY public."EventType" (id, title, slug, length, "userId", "teamId", "parentId", "schedulingType", "scheduleId", "minimumBookingNotice", "beforeEventBuffer", "afterEventBuffer", "slotInterval", "seatsPerTimeSlot", "periodType", "periodDays", "periodCountCalendarDays", "requiresConfirmation", "bookingLimits", price) FROM stdin;
1	Intro	intro	30	1	\N	\N	\N	\N	0	0	15	\N	\N	rolling	7	t	f	\N	0
2	Panel	panel	60	\N	7	\N	collective	\N	0	0	0	\N	\N	unlimited	\N	\N	f	\N	0
3	Sales	sales	30	\N	7	\N	roundRobin	\N	0	0	0	\N	\N	unlimited	\N	\N	t	{"PER_DAY": 4}	0
4	Class	class	60	2	\N	\N	\N	\N	0	0	0	\N	3	unlimited	\N	\N	f	\N	0
5	Managed	managed	30	\N	7	\N	managed	\N	0	0	0	\N	\N	unlimited	\N	\N	f	\N	0
\.


COPY public."Host" ("userId", "eventTypeId", "isFixed", "scheduleId") FROM stdin;
1	2	f	\N
2	2	f	\N
1	3	f	\N
2	3	f	\N
\.


INSERT INTO public."Schedule" VALUES (1, 1, 'Mornings', 'Europe/Berlin');
INSERT INTO public."Schedule" (id, "userId", name, "timeZone") OVERRIDING SYSTEM VALUE VALUES (2, 2, E'Dora\'s\nday', NULL::text) ON CONFLICT DO NOTHING;

COPY public."Team" (id, name, slug, "parentId", "isOrganization") FROM stdin;
7	The team	the-team	\N	f
\.


COPY public."VerificationToken" (id, token) FROM stdin;
1	'quoted; and "more"
\.


COPY public.users (id, username, name, email, "timeZone", "defaultScheduleId") FROM stdin;
1	cleo	Cleo	cleo@example.com	Europe/Berlin	1
2	dora	Dora	dora@example.com	Europe/Berlin	2
3	idle	Idle	idle@example.com	Europe/Berlin	\N
\.


\unrestrict x7
