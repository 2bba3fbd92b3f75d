-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `cuts_appointments`;
CREATE TABLE `cuts_appointments` (
  `id` int NOT NULL AUTO_INCREMENT,
  `book_datetime` datetime DEFAULT NULL COMMENT 'when it''s made; (not begun)',
  `start_datetime` datetime DEFAULT NULL,
  `end_datetime` datetime DEFAULT NULL,
  `notes` text,
  `is_unavailability` tinyint(4) NOT NULL DEFAULT '0',
  `id_users_provider` int DEFAULT NULL,
  `id_users_customer` int DEFAULT NULL,
  `id_services` int DEFAULT NULL,
  `status` varchar(512) DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `id_services` (`id_services`),
  CONSTRAINT `appointments_services` FOREIGN KEY (`id_services`) REFERENCES `cuts_services` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `cuts_appointments` WRITE;
/*!40000 ALTER TABLE `cuts_appointments` DISABLE KEYS */;
INSERT INTO `cuts_appointments` VALUES (1,'2026-11-01 10:00:00','2026-11-23 09:00:00','2026-11-23 09:30:00','brings a \"photo\";\nit\'s O\'Hara''s (see C:\\pics)',0,2,10,1,'Booked'),(2,'2026-11-02 10:00:00','2026-11-23 11:00:00','2026-11-23 11:30:00',NULL,0,2,11,1,'Cancelled'),(3,'2026-11-03 10:00:00','2026-11-23 11:00:00','2026-11-23 12:00:00','',0,3,11,3,''),(4,NULL,'2026-11-24 10:00:00','2026-11-24 10:30:00','dentist',1,2,NULL,NULL,''),(5,'2026-11-04 10:00:00','2026-11-20 09:00:00','2026-11-20 09:30:00',NULL,0,2,10,1,''),(6,'2026-11-05 10:00:00','2026-11-23 09:00:00','2026-11-23 09:30:00',NULL,0,2,11,1,''),(7,NULL,'2026-11-02 10:00:00','2026-11-02 10:30:00','last month',1,2,NULL,NULL,''),(8,NULL,'2026-11-23 10:00:00','2026-11-23 10:30:00','',0,2,10,99,''),(9,NULL,'2026-11-23 10:00:00','2026-11-23 10:30:00','',0,77,10,1,''),(10,NULL,'2026-11-23 10:00:00','2026-11-23 09:30:00','',0,2,10,1,''),(11,NULL,'2027-03-28 02:30:00','2027-03-28 03:30:00','',0,2,10,1,'');
/*!40000 ALTER TABLE `cuts_appointments` ENABLE KEYS */;
UNLOCK TABLES;
INSERT INTO `cuts_blocked_periods` (`id`, `name`, `start_datetime`, `end_datetime`, `notes`) VALUES
(1, 'stocktaking', '2026-11-24 09:00:00', '2026-11-24 09:30:00', NULL);
INSERT INTO `cuts_consents` VALUES (1,'unread; \'rows\' (of) others'),(2,'--');
INSERT INTO `cuts_roles` (`id`, `name`, `slug`) VALUES (1,'Administrator','admin'),(2,'Provider','provider'),(3,'Customer','customer'),(4,'Secretary','secretary');
INSERT INTO `cuts_service_categories` (`id`,`name`) VALUES (1,'Hair');
INSERT INTO `cuts_services` (`id`,`name`,`duration`,`price`,`description`,`slot_interval`,`attendants_number`,`is_private`,`id_service_categories`) VALUES (1,'Cut',30,25.00,'',30,1,0,1),(2,'Colour',60,0.00,NULL,15,1,0,1),(3,'Course',60,NULL,NULL,60,3,0,NULL),(4,'Nothing',0,NULL,NULL,15,1,0,NULL);
INSERT INTO `cuts_services_providers` (`id_users`,`id_services`) VALUES (2,1),(3,1),(2,2),(3,3);
INSERT INTO `cuts_settings` (`id`,`name`,`value`) VALUES (1,'company_name','Salon Süd'),(2,'default_timezone','Europe/Berlin'),(3,'book_advance_timeout','45'),(4,'future_booking_limit','7'),(5,'theme','default');
INSERT INTO `cuts_user_settings` (`id_users`,`username`,`working_plan`,`working_plan_exceptions`) VALUES (2,'anna','{\"monday\":{\"start\":\"09:00\",\"end\":\"12:00\",\"breaks\":[{\"start\":\"10:00\",\"end\":\"10:30\"}]},\"tuesday\":{\"start\":\"09:00\",\"end\":\"11:00\",\"breaks\":[]},\"wednesday\":{\"start\":\"09:00\",\"end\":\"11:00\",\"breaks\":[]},\"thursday\":{\"start\":\"09:00\",\"end\":\"11:00\",\"breaks\":[]},\"friday\":{\"start\":\"09:00\",\"end\":\"12:00\",\"breaks\":[]},\"saturday\":null,\"sunday\":null}','{\"2026-11-25\":{\"start\":\"14:00\",\"end\":\"16:00\",\"breaks\":[{\"start\":\"14:30\",\"end\":\"15:00\"}]},\"2026-11-26\":null,\"2026-10-01\":null}'),(3,'ben','{\"monday\":{\"start\":\"10:00\",\"end\":\"12:00\",\"breaks\":[]}}','[]'),(4,'sys','{}',NULL);
INSERT INTO `cuts_users` (`id`,`first_name`,`last_name`,`email`,`mobile_number`,`phone_number`,`timezone`,`language`,`id_roles`) VALUES (1,'Root','Admin','root@example.com',NULL,NULL,'UTC','english',1),(2,'Anna','Ångström','anna@example.com',NULL,NULL,'Europe/Berlin','german',2),(3,'Ben','Bauer','ben@example.com',NULL,NULL,'Europe/Berlin','english',2),(10,'Eve','O\'Hara','eve@example.com','+49 151 234567','','Europe/Berlin','german',3),(11,'Finn','','','','030 1234','UTC','english',3);
-- Dump completed on 2026-11-22 22:00:00
