"""The mixing study: networks trained on sets with counted shares of renditions, measured on natural images and renditions."""
