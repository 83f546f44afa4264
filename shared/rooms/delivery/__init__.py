"""A room's file in the form in which its owner wants to have it: a page, a PDF, a Word document, a calendar."""
