"""Text recognition: what is on pages of a PDF that are pictures, read by Tesseract or Amazon Textract."""
